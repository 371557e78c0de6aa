-- One index finds the work of a stream and holds that it is woken at most once
-- in a lane: each further one is a page more in every commit.
DROP INDEX work_wake;
DROP INDEX work_of_stream;
CREATE UNIQUE INDEX work_of_stream ON work (stream, lane, CASE WHEN wake = 1 THEN x'' ELSE id END);
