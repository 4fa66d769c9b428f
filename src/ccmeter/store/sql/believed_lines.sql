-- Which line is believed for some responses. Its place may hold another one later: the rank tells.
select key_hash, source, offset, finished, rank_output
from responses
where key_hash in (select value from json_each(?))
