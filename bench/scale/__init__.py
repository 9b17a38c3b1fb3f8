"""How much one installation holds: thousands of open proposals on Temporal with Postgres."""
