"""The two-stage filter of one track: predict, expect, update, publish.

Stage 1 is an extended Kalman filter of the state x (7) with covariance P, blind to model errors. Stage 2 holds that the
truth is x + U p + (zero mean, P) with p of fifteen independent standard errors, and keeps their estimate b and
covariance B. The logarithm L of the evidence "errors as in the prior" against "no error" blends the two: the weight of
no error is w = 1 / (1 + exp(L - prior log odds)), the errors used are (1 - w) b.

Everything is compiled, works on one slot of `Tracks` in place and leaves the slot as it was where it refuses.

References: Friedland (1969), Treatment of bias in recursive filtering, IEEE Trans. Automatic Control 14(4).
"""

from __future__ import annotations

from opendome.tracking.model import copy_track
from opendome.tracking.predict import carry, carry_mean
from opendome.tracking.publish import published, reset_errors, weight_of_no_error
from opendome.tracking.start import start
from opendome.tracking.update import absorb, absorb_soft, expect

__all__ = [
    "absorb",
    "absorb_soft",
    "carry",
    "carry_mean",
    "copy_track",
    "expect",
    "published",
    "reset_errors",
    "start",
    "weight_of_no_error",
]
