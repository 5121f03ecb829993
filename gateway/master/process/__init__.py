"""The processing run: from registers to energies, sums of lines and transformers, loss, and the second review."""
