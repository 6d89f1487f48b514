"""Who may: API keys with scopes, sessions of people on the pages, and the gate in front."""
