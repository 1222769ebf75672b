-- Heads are published every few seconds for years; the newest that a witness cosigned is asked for every second.

CREATE INDEX published_cosigned ON audit.published (size) WHERE cardinality(cosigned_by) > 0;
