"""What a rule would have done, told before it is saved: no row is written and none is locked."""
