"""The whole daemon beside what a user would write instead, on this machine, in one run. `make bench`."""
