"""A Django app that spoils a worker from within, where no fault from outside can reach."""
