"""What is said to a telephone modem and what it says (ITU-T V.250), without a wire."""
