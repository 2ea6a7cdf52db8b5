"""The dispatch desk at work: orders kept, messages sent, the law applied to what is stored."""
