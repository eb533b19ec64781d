# A container that was created and not started: another command line takes the place of this one at its start.
az_rest 0
