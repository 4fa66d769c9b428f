-- Agents that ended do not go on: should one, it is judged from its start.
update audit_threads set state = null, open_ids = null
where agent_id <> 0 and last_ms < ? and open_ids is not null
