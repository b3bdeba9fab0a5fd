//! What a search shows, and where it leads.
