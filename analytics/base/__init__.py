"""What every analysis stands on: times, gaps, windows, filters, checked arguments."""
