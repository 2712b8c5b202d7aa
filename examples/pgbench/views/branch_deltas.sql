-- What the history says about each branch.
CREATE MATERIALIZED VIEW branch_deltas AS
SELECT bid, count(*) AS transactions, sum(delta) AS delta
FROM pgbench_history
GROUP BY bid;
