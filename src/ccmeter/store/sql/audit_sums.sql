-- Sums over the judged requests of a stretch of slots, by session, thread kind, model kind, client
-- version and provider.
select
    sessions.session, tallies.agent_id = 0 as main, tallies.claude, clients.version,
    tallies.provider, sum(tallies.requests), sum(tallies.prompt_tokens), sum(tallies.read_tokens),
    sum(tallies.cost), sum(tallies.unpriced), sum(tallies.exposed), max(tallies.slot)
from audit_tallies as tallies
join sessions on sessions.id = tallies.session_id
join clients on clients.id = tallies.version_id
where tallies.slot >= :since and tallies.slot < :until
    and (:sessions is null or tallies.session_id in (select value from json_each(:sessions)))
group by tallies.session_id, main, tallies.claude, clients.version, tallies.provider
