"""What the settings of a mapping do to failing records, in simulated time.

``engine``           runs shard processors against a model of a function
``module_settings``  the module's default settings
``simulation_run``   one simulation: records, a failing function, and a report
``report``           the report as JSON and as text
``page``             the report as a page of HTML, with the chart of ``timeline``
``retries``          the table about retries in the documentation
``cli``              the options of the command line
``command``          the settings and the scenario that the options describe
"""
