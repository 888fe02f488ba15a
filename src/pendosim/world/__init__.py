"""The simulated subscription: who is in it, what they did, what is tagged. Deterministic for a seed and a clock."""
