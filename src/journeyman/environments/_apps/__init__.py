"""Small web apps drawn from a seed: pages whose every part is known, and tasks that the page itself judges."""
