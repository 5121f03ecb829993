"""Opening dumps that nobody vouches for: plain files only, within limits, and which layout they have."""
