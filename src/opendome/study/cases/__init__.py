"""Cases of validation: what was published, what the program makes of it, and whether one lies within the other."""
