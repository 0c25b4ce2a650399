"""Maps: cells over time, their integrals, how two maps are laid over each other, and bad cells."""
