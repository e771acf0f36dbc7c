"""The command line: one file for each group of verbs. Only this room and the console speak to the screen."""
