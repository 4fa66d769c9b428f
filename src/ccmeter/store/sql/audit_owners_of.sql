-- The owners that are one thread.
select id from owners where session_id = ? and agent_id = ?
