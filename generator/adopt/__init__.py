"""``adopt``: takes over a deployed pipeline, or one in a state of Terraform, without recreating anything.

=============  ====================================================================================================
``cli``        the options
``command``    finds, reads, decides, writes, and prints what a plan will do
``finding``    the mapping that the options name, through the APIs of Lambda and CloudFormation
``reading``    what AWS has of a pipeline, by the address of a resource within the module
``table``, ``function``, ``mapping``, ``destination``, ``alarms``
               the values of each resource, as the AWS provider reads them
``state``      the same from a state of Terraform, or the output of ``terraform show -json``
``choices``    what is taken over, and what stays a resource of others, with the reason
``structures`` arguments whose form is not that of a value
``arguments``  the arguments of the module: the effects of its variables, in reverse
``changes``    what a plan creates and changes nevertheless, with the reason
``writing``    the root module as text
``report``     what was written, what a plan will do, and what comes next
=============  ====================================================================================================
"""
