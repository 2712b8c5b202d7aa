-- Each branch beside its history: bbalance = delta in every row, always. Reads another view.
CREATE MATERIALIZED VIEW history_by_branch AS
SELECT b.bid, b.bbalance, coalesce(d.transactions, 0) AS transactions, coalesce(d.delta, 0) AS delta
FROM pgbench_branches b
LEFT JOIN branch_deltas d ON d.bid = b.bid;
