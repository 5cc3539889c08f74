"""What a mapping's settings would do to a failure, in simulated time, and the reports about it.

``engine``          runs shard processors against a model of a function
``simulation_run``  one simulation: records, a function that fails, and what happened
``report``          the result as JSON and as a table
``page``            the result as a page of HTML, with the chart of ``timeline``
``retries``         the table about retries of the README
``items``           items and stream records that a user gives in a file
``command``         the options of the command line
"""
