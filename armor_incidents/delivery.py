"""The settings of delivery: how it is tried, limited and kept. All times are in seconds."""

from armor_incidents.environment import env

# call < budget; budget + call < task < lease < queue retry: a system check (alerts/checks.py)
# proves the order at every start.
CALL_DEADLINE = env.float("DELIVERY_CALL_DEADLINE", default=20.0)
DRAIN_BUDGET = env.float("DELIVERY_DRAIN_BUDGET", default=25.0)
TASK_TIMEOUT = env.int("DELIVERY_TASK_TIMEOUT", default=50)
LEASE = env.float("DELIVERY_LEASE", default=60.0)
QUEUE_RETRY = env.int("DELIVERY_QUEUE_RETRY", default=90)
# A lane that has just worked stays awake so long: the next alert then needs no doorbell.
LANE_LINGER = 10.0
LANE_THREADS = env.int("LANE_THREADS", default=8)
# What is in hand at a crash is sent again, so little is in hand.
LANE_BATCH = 20
RETRY_SCHEDULE = (5, 30, 120, 300, 900, 1800, 3600, 7200, 14400, 28800)
RETRY_JITTER = 0.2
# A delivery during which so many workers in a row have died is given up: it may be what kills them.
INTERRUPTIONS_LIMIT = 5
RETRY_AFTER_LIMIT = 900.0
# A 429 that names no time: incident.io counts creates over the last hour, so wait minutes.
RATE_LIMIT_PAUSE = 120.0
BREAKER_FAILURES = 10
BREAKER_PAUSE = 60.0
# A destination that has failed so often in a row, and for so long, is held: it is tried now and
# then, what waits is not given up, and its admins are told by mail (alerts/notices.py).
HOLD_FAILURES = 20
HOLD_AFTER = env.float("HOLD_AFTER", default=3600.0)
HOLD_PAUSE = 300.0
SWEEP_INTERVAL = 2.0
# A doorbell nobody answered in this time is rung again.
DOORBELL_TIMEOUT = 5.0
# The creates a minute that a rule lets through to a destination, before the rest becomes one
# summary (0: all of them); and the time in which a summary gathers what it lists.
STORM_LIMIT = env.int("STORM_LIMIT", default=30)
STORM_GATHER = env.float("STORM_GATHER", default=30.0)
# Alerts of one burst, told as one by rules that group: how long after the first one others may
# join, and how long its incident waits for those that it can list.
GROUP_WINDOW = env.float("GROUP_WINDOW", default=300.0)
GROUP_GATHER = env.float("GROUP_GATHER", default=10.0)
# An alert that opens more often than FLAP_LIMIT times in FLAP_WINDOW is flapping (0: none ever is):
# its end is believed only after it was quiet for FLAP_SETTLE.
FLAP_LIMIT = env.int("FLAP_LIMIT", default=10)
FLAP_WINDOW = env.float("FLAP_WINDOW", default=6 * 3600.0)
FLAP_SETTLE = env.float("FLAP_SETTLE", default=900.0)
# Ended alerts are deleted after so many days, with all that belongs to them; open ones never.
RETENTION_DAYS = env.int("RETENTION_DAYS", default=90)
# The worker is stuck when neither its heartbeat nor any lane moved for so long.
STALL_TIMEOUT = env.float("DELIVERY_STALL_TIMEOUT", default=60.0)

Q_CLUSTER = {
    "name": "armor_incidents",
    # The queue lives in our database: a doorbell is rung in the transaction of its delivery.
    "orm": "default",
    "workers": env.int("WORKERS", default=4),
    "broker_class": "alerts.tasks.Doorbells",
    "poll": 0.03,
    "timeout": TASK_TIMEOUT,
    "retry": QUEUE_RETRY,
    # Deliveries retry themselves; a doorbell is rung once, and the sweeper rings again if need be.
    "max_attempts": 1,
    "ack_failures": True,
    # Nothing is kept on success: the default of 250 rows costs more than the task itself.
    "save_limit": -1,
    # The retry clock runs from the moment a task is fetched, so few are fetched ahead.
    "bulk": 1,
    "queue_limit": 4,
    "recycle": 500,
    "catch_up": False,
    "scheduler": False,
    "log_level": "WARNING",
}
