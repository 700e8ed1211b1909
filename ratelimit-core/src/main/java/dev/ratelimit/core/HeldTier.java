package dev.ratelimit.core;

/** What an organization holds of a tier from one call to the next: the compiled tier, or a tier of its own. */
interface HeldTier {}
