"""Scenarios: read (YAML 1.2, with line numbers), check (all problems at once), resolve, compile.

``opendome.scenario.reader`` loads, ``opendome.scenario.scenario`` is what comes out, ``opendome.scenario.schema`` lists
every key. This package loads none of them by itself.
"""
