"""The page's style, script and sign: served by name, and nothing beside them."""
