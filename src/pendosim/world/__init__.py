"""The simulated subscription: who is in it, what they did, what is tagged. One seed and clock, one world."""
