"""``demo --on aws``: deploys the example into an account, and compares what Lambda does with what the mapping predicts.

===============  =========================================================================================
``command``      the course of a run: plan, ask, apply, write, observe, compare, replay, delete
``runs``         what a run keeps in the user's state directory until nothing of it is left in the account
``deployment``   the root module of a run, and what of it exists in the account
``recorder``     the handler of the deployed function, which logs each invocation with its records
``observation``  reads what happened: the log of the function, the stream, the queue
``prediction``   follows the observed invocations with ``mapping/``, and lists what differs
``report``       the result, as text and as JSON
===============  =========================================================================================

Nothing here knows an emulator: with ``AWS_ENDPOINT_URL``, the same code runs against one.
"""
