"""The Lambda function that the stream invokes: its name, its code, what it returns."""

import functools

from generator.spec.examples import (
    CODE_SIGNING_ARN,
    FUNCTION_ARN,
    IMAGE,
    IMAGE_URI,
    LAYER_ARN,
    ROLE_ARN,
    WITHOUT_CODE,
    WITHOUT_FILENAME,
    ZIP_RUNTIME,
    in_other_region,
)
from generator.spec.function_logs import LOGS
from generator.spec.function_settings import SETTINGS, VERSIONS
from generator.spec.kinds import choice, key, string, variable
from generator.spec.model import COMPUTED, UNKNOWN, Component, Effect, Output
from generator.spec.rules import BUCKET, ROLE_NAME, Rule, arn, arn_regex, custom_rule, each, must_be, no_effect, shorter
from generator.spec.runtimes import AS_OF, BLOCKED
from generator.spec.text import Listing, Text, about, null
from generator.spec.types import STRING, List, Object, Optional, literal

RUNTIME = (
    r"^(nodejs[0-9]+\.x|python3\.[0-9]+|java[0-9]+(\.al2(023)?)?|dotnet[0-9]+|ruby[0-9]\.[0-9]+|provided\.al2(023)?)$"
)

PACKAGES = ("function_filename", "function_s3", "function_image_uri")
"""The variables of which one names the function's code."""

ZIP_ONLY_VARIABLES = (
    "function_handler",
    "function_runtime",
    "function_layers",
    "function_source_code_hash",
    "function_code_signing_config_arn",
    "function_snap_start",
)
"""The variables that a container image does not take."""

_sets = functools.partial(Effect, "aws_lambda_function.this[0]")


def one_package(*packages: str) -> Rule:
    """Reject, without ``existing_function``, anything but exactly one of these packages."""
    return custom_rule(
        "var.existing_function != null || length(local.function_packages) == 1",
        (
            Listing("Set exactly one of {}.", (*packages, "existing_function")),
            'Pipeline \\"${var.name}\\" sets ${jsonencode(local.function_packages)}.',
        ),
        WITHOUT_FILENAME,
        {"function_s3": {"bucket": "artifacts", "key": "orders.zip"}},
    )


def _required_with_zip(name: str, example: str) -> Rule:
    return custom_rule(
        "self != null || (var.function_filename == null && var.function_s3 == null)",
        f'Set {name}, for example to \\"{example}\\": pipeline \\"${{var.name}}\\" has a zip package.',
        {name: None},
    )


_CODE = (
    variable(
        name="function_filename",
        type=STRING,
        default=None,
        description=Text(
            "Path of a zip package with the code.",
            Listing("Set exactly one of {}.", (*PACKAGES, "existing_function"), mark="`"),
        ),
        example="other.zip",
        example_with=ZIP_RUNTIME,
        accepted_values="path of an existing file",
        effect=_sets("filename"),
        construct_prop="lambdaFunctionProps.code",
        rules=(
            custom_rule(
                "self == null ? true : (var.function_source_code_hash != null || try(fileexists(self), false))",
                (
                    "The function_filename value must be an existing file. Got ${jsonencode(var.function_filename)}.",
                    about("Set function_source_code_hash if it is created later.", "function_source_code_hash"),
                ),
                {"function_filename": "missing.zip"},
            ),
        ),
    ),
    string(
        name="function_source_code_hash",
        pattern="^[A-Za-z0-9+/]{43}=$",
        accepted="44 characters of base64, as from filebase64sha256()",
        bad=("d41d8cd98f00b204e9800998ecf8427e",),
        description=Text(
            "Base64-encoded SHA-256 of the package, by which Terraform detects new code.",
            null("Defaults to the hash of `function_filename`.", "function_filename"),
            about("Set it with `function_s3`, unless new code has a new key or version.", "function_s3"),
        ),
        example="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        effect=_sets("source_code_hash", default=COMPUTED),
    ),
    string(
        name="function_code_sha256",
        pattern="^[A-Za-z0-9+/]{43}=$",
        accepted="44 characters of base64, as from filebase64sha256()",
        bad=("d41d8cd98f00b204e9800998ecf8427e",),
        description=(
            "Base64-encoded SHA-256 of the zip package, compared with that of the deployed code: the next plan reverts code "
            "that was deployed in another way."
        ),
        example="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        effect=_sets("code_sha256", default=UNKNOWN),
        since="2.0.0",
        since_provider="6.28",
        rules=(no_effect("self == null || var.function_image_uri == null", "when function_image_uri is set", **IMAGE),),
    ),
    variable(
        name="function_s3",
        type=Object({"bucket": STRING, "key": STRING, "version": Optional(STRING)}),
        default=None,
        description="S3 object with a zip package of the code, in the Region of the pipeline.",
        example={"bucket": "artifacts", "key": "orders.zip", "version": "v1"},
        example_with={**WITHOUT_FILENAME, **ZIP_RUNTIME},
        features=("s3_packages",),
        effect=_sets("s3_object_version", example="v1"),
        construct_prop="lambdaFunctionProps.code",
        rules=(
            must_be(
                f"can(regex({BUCKET}, self.bucket)) && try(length(self.key) >= 1 && length(self.key) <= 1024, false) && "
                'self.version != ""',
                "the name (not the ARN) of a bucket, a key of 1 to 1024 characters, and a version or null",
                {"bucket": "arn:aws:s3:::artifacts", "key": "orders.zip"},
                {"bucket": "no spaces", "key": "orders.zip"},
                {"bucket": "artifacts", "key": ""},
                {"bucket": "artifacts", "key": "orders.zip", "version": ""},
            ),
        ),
    ),
    string(
        name="function_image_uri",
        replaces=("function",),
        pattern="^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com[.a-z]*/[a-z0-9._/-]+(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$",
        accepted="an ECR image with tag, digest, or both (ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG)",
        bad=("docker.io/library/python:3.13", IMAGE_URI.removesuffix(":1"), f"{IMAGE_URI}:2", f"{IMAGE_URI} "),
        description="Container image with the code, in an ECR repository of the Region of the pipeline.",
        example=IMAGE_URI,
        example_with=WITHOUT_CODE,
        features=("image_packages",),
        effect=_sets("image_uri"),
        construct_prop="lambdaFunctionProps.code",
        rules=(
            must_be(
                'try(split(".", self)[3], local.region) == local.region',
                "an image in an ECR repository in ${local.region}",
                in_other_region(IMAGE_URI),
            ),
            custom_rule(
                "self == null ? true : var.function_handler == null && var.function_runtime == null "
                "&& length(var.function_layers) == 0 && var.function_source_code_hash == null "
                "&& var.function_code_signing_config_arn == null && !var.function_snap_start",
                (
                    "Remove the arguments that have no effect when function_image_uri is set.",
                    Listing("They are {}.", ZIP_ONLY_VARIABLES),
                ),
                {**IMAGE, "function_handler": "index.handler"},
                {**IMAGE, "function_runtime": "python3.13"},
            ),
        ),
    ),
    variable(
        name="function_image_config",
        type=Object(
            {
                "command": Optional(List(STRING)),
                "entry_point": Optional(List(STRING)),
                "working_directory": Optional(STRING),
            }
        ),
        default=None,
        description="Overrides of the command, entry point, and working directory of the image.",
        example={"command": ["app.handler"]},
        example_with=IMAGE,
        features=("image_packages",),
        effect=_sets("image_config.0.command", example=["app.handler"]),
        rules=(
            no_effect("self == null || var.function_image_uri != null", "without function_image_uri"),
            must_be(
                "try(alltrue([for word in concat(coalesce(self.command, []), coalesce(self.entry_point, [])) : word != null]) && "
                'length(coalesce(self.working_directory, "/")) <= 1000, false)',
                "lists of words without null, and a directory of at most 1000 characters",
                {"command": [None]},
                {"working_directory": "x" * 1001},
            ),
        ),
    ),
    string(
        name="function_handler",
        pattern="^[^\\s]{1,128}$",
        accepted="1 to 128 characters without spaces",
        bad=("my handler", ""),
        description="Handler of the code, such as `handler.handler`. Required for a zip package.",
        example="other.handler",
        effect=_sets("handler"),
        construct_prop="lambdaFunctionProps.handler",
        rules=(_required_with_zip("function_handler", "index.handler"),),
    ),
    string(
        name="function_runtime",
        pattern=RUNTIME,
        accepted="a Lambda runtime such as python3.13 or nodejs22.x",
        bad=("python", "node22", "go1.x"),
        description="Runtime of the code. Required for a zip package. Node.js runtimes keep connections alive.",
        example="nodejs22.x",
        effect=_sets("runtime"),
        construct_prop="lambdaFunctionProps.runtime",
        rules=(
            must_be(
                f"!contains({literal(BLOCKED)}, self)",
                f"a runtime that Lambda accepts for new functions (as of {AS_OF})",
                "nodejs14.x",
                "java8",
            ),
            _required_with_zip("function_runtime", "python3.13"),
        ),
    ),
    choice(
        name="function_architecture",
        values=("x86_64", "arm64"),
        description="Instruction set of the function.",
        effect=_sets("architectures", ["x86_64"], ["arm64"]),
        construct_prop="lambdaFunctionProps.architecture",
    ),
    variable(
        name="function_layers",
        type=List(STRING),
        default=[],
        description="ARNs of layer versions, in the order in which Lambda merges them.",
        example=[LAYER_ARN],
        accepted_values="at most 5",
        features=("layers",),
        effect=_sets("layers", default=None),
        construct_prop="lambdaFunctionProps.layers",
        rules=(
            must_be("length(self) <= 5", "a list of at most 5", [LAYER_ARN] * 6, got="length(self)"),
            each(
                "layer in self",
                f"can(regex({arn_regex('lambda', 'layer:[a-zA-Z0-9_-]+:[0-9]+')}, layer))",
                "a list of ARNs of layer versions (...:layer:NAME:VERSION) in ${local.region}",
                [LAYER_ARN.removesuffix(":3")],
                [in_other_region(LAYER_ARN)],
            ),
            # Lambda rejects two versions of one layer
            each(
                "layer in self",
                'try(length([for other in self : other if startswith(other, regex("^.*:", layer))]) == 1, true)',
                "a list with one version of each layer",
                [LAYER_ARN, LAYER_ARN.replace(":3", ":4")],
            ),
        ),
    ),
    key(
        name="function_source_kms_key_arn",
        description="Customer managed key of the zip package.",
        features=("customer_keys",),
        effect=_sets("source_kms_key_arn"),
        since_provider="6.25",
    ),
    variable(
        name="function_code_signing_config_arn",
        type=STRING,
        default=None,
        description="Code signing configuration that the package must satisfy.",
        example=CODE_SIGNING_ARN,
        features=("code_signing",),
        effect=_sets("code_signing_config_arn"),
        construct_prop="lambdaFunctionProps.codeSigningConfig",
        rules=(
            arn(
                "lambda",
                "code-signing-config:csc-[0-9a-z]+",
                "the ARN of a code signing configuration",
                "csc-0123456789abcdef0",
                in_other_region(CODE_SIGNING_ARN),
            ),
            custom_rule(
                'var.existing_role == null ? true : try(split(":", self)[4] == split(":", var.existing_role.arn)[4], true)',
                "The function_code_signing_config_arn value must be of the account of existing_role. Got "
                "${jsonencode(var.function_code_signing_config_arn)}.",
                {
                    "function_code_signing_config_arn": CODE_SIGNING_ARN,
                    "existing_role": {"arn": ROLE_ARN.replace("1", "2"), "name": "existing-role"},
                },
            ),
        ),
    ),
)


WITHOUT_FUNCTION = null("`null` if the function is an existing one.")


def _created(attribute: str, description: str) -> Output:
    """Return an output of the function that the module creates."""
    return Output(
        f"function_{attribute}", Text(description, WITHOUT_FUNCTION), f"one(aws_lambda_function.this[*].{attribute})"
    )


FUNCTION = Component(
    name="function",
    title="Function",
    variables=(
        string(
            name="function_name",
            replaces=("function", "log group"),
            pattern="^[a-zA-Z0-9_-]{1,64}$",
            accepted="1 to 64 letters, digits, hyphens, and underscores",
            bad=("no spaces", "f" * 65),
            description=Text("Name of the function.", null("Defaults to `name`, cut to 64 characters.", "name")),
            example="orders-consumer",
            effect=_sets("function_name", default="orders"),
            construct_prop="lambdaFunctionProps.functionName",
        ),
        variable(
            name="function_description",
            type=STRING,
            default=None,
            description="Description of the function.",
            example="Indexes orders.",
            effect=_sets("description"),
            construct_prop="lambdaFunctionProps.description",
            rules=(shorter(256),),
        ),
        *_CODE,
        *SETTINGS,
    ),
    outputs=(
        Output("function_name", "Name of the function.", "local.function_name"),
        Output("function_arn", "Unqualified ARN of the function.", "local.function_arn"),
        Output(
            "function_target_arn",
            Text("ARN that the mapping invokes.", about("It is that of the alias if there is one.", "function_alias")),
            "local.target_arn",
        ),
        _created("invoke_arn", "ARN for API Gateway to invoke the function."),
        _created("qualified_arn", "ARN of the function with its version."),
        _created("version", "Version of the function: `$LATEST` if it publishes none."),
        Output(
            "function_alias_arn",
            Text("ARN of the alias.", null("`null` without one.")),
            "one(aws_lambda_alias.this[*].arn)",
        ),
        Output(
            "function_alias_invoke_arn",
            Text("ARN of the alias for API Gateway.", null("`null` without one.")),
            "one(aws_lambda_alias.this[*].invoke_arn)",
        ),
    ),
)

FUNCTION_VERSIONS = Component(name="function_versions", title="Versions and alias of the function", variables=VERSIONS)

FUNCTION_LOGS = Component(
    name="function_logs",
    title="Function logs",
    variables=LOGS,
    outputs=(
        Output("function_log_group_name", Text("Name of the log group.", WITHOUT_FUNCTION), "local.log_group_name"),
        Output("function_log_group_arn", Text("ARN of the log group.", WITHOUT_FUNCTION), "local.log_group_arn"),
    ),
)

EXISTING_FUNCTION = variable(
    name="existing_function",
    replaces=("policies of the role",),
    deletes=("function", "log group", "role"),
    type=Object({"arn": STRING, "role_name": STRING}),
    default=None,
    description=(
        "Existing function, or alias of one, to invoke; the module then creates no function. Its role, `role_name`, "
        "gets the permissions of the pipeline as two inline policies."
    ),
    example={"arn": FUNCTION_ARN, "role_name": "existing-role"},
    example_with=WITHOUT_CODE,
    features=("existing_function",),
    effect=Effect("aws_lambda_event_source_mapping.this", "function_name", UNKNOWN, FUNCTION_ARN),
    construct_prop="existingLambdaObj",
    rules=(
        arn(
            "lambda",
            "function:[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9_-]{1,128})?",
            "the ARN of a function or alias (...:function:NAME[:ALIAS])",
            "existing",
            in_other_region(FUNCTION_ARN),
            attribute="arn",
        ),
        must_be(
            f"can(regex({ROLE_NAME}, self.role_name))",
            "the name of a role (not its ARN)",
            ROLE_ARN,
            attribute="role_name",
        ),
        one_package(*PACKAGES),
    ),
)
