-- A product's page as one document, with the orders that wait to be paid inside it: redis-cli GET shop:product:42
CREATE MATERIALIZED VIEW product USING cache WITH (store = 'cache', key = 'id') AS
SELECT p.id,
       p.name,
       p.category,
       p.price,
       coalesce(sum(o.qty) FILTER (WHERE o.status <> 'cancelled'), 0) AS sold,
       coalesce(
           json_agg(
               json_build_object('order', o.id, 'qty', o.qty, 'amount', o.qty * o.price, 'placed_at', o.placed_at)
               ORDER BY o.placed_at, o.id
           ) FILTER (WHERE o.status = 'open'),
           '[]'
       ) AS open_orders
FROM products p
LEFT JOIN orders o ON o.product_id = p.id
GROUP BY p.id, p.name, p.category, p.price;
