"""Rules that two capabilities obey. They do no I/O and ask no clock: what they need comes as an argument."""
