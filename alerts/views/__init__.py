"""The pages, a module each: alerts, history, rules, and the deletion of a destination."""
