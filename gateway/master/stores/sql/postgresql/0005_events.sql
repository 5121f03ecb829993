-- Events are looked up by what they are and when they began.

CREATE INDEX event_row_event ON event_row (event, began);
