CREATE MATERIALIZED VIEW per_region AS
SELECT c.region, count(*) AS orders, sum(o.qty * o.price) AS revenue
FROM orders o JOIN customers c ON c.id = o.customer_id
GROUP BY c.region;
