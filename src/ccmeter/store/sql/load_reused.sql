-- Ids that stand for several responses: none, on nearly every machine.
select key from reused_ids
