-- The threads of some sessions in which anything was judged, the main ones first.
select session_id, agent_id from audit_threads
where :sessions is null or session_id in (select value from json_each(:sessions))
order by session_id, agent_id
