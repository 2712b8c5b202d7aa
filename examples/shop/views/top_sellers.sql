-- How well each product sells. Readers sort: SELECT … FROM top_sellers ORDER BY units DESC LIMIT 10.
CREATE MATERIALIZED VIEW top_sellers AS
SELECT p.id AS product_id,
       p.name,
       p.category,
       sum(o.qty) AS units,
       sum(o.qty * o.price) AS revenue,
       avg(o.qty) AS average_qty,
       count(*) FILTER (WHERE o.status = 'cancelled') AS cancelled,
       max(o.placed_at) AS last_sold_at
FROM orders o
JOIN products p ON p.id = o.product_id
GROUP BY p.id, p.name, p.category;
