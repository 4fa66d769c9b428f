-- Each owner's session, and in which blocks of ids its first and its last response are.
select owners.session_id, owners.id, min(block), max(block)
from (select distinct owner_id, id / :block as block from responses) as found
join owners on owners.id = found.owner_id
group by owners.id
