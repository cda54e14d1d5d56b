"""A job of CreateAutoMLJob in the words of the second version (SageMaker Developer Guide, Migrate a CreateAutoMLJob to
CreateAutoMLJobV2)."""


def version_2(given):
    """The members of DescribeAutoMLJobV2 that have other names or places in what was given to either version."""
    problem = given.get("AutoMLProblemTypeConfig") or {"TabularJobConfig": _tabular(given)}
    configuration = given.get("AutoMLJobConfig", {})
    members = {
        "AutoMLJobInputDataConfig": given.get("AutoMLJobInputDataConfig") or _channels(given),
        "AutoMLProblemTypeConfig": problem,
        "AutoMLProblemTypeConfigName": next(iter(problem)).removesuffix("JobConfig"),
        "SecurityConfig": given.get("SecurityConfig") or configuration.get("SecurityConfig"),
        "DataSplitConfig": given.get("DataSplitConfig") or configuration.get("DataSplitConfig"),
    }
    return _without_absent(members)


def _tabular(given):
    configuration = given.get("AutoMLJobConfig", {})
    candidates = configuration.get("CandidateGenerationConfig", {})
    channel = next(iter(given.get("InputDataConfig", [])), {})
    return _without_absent(
        {
            "CandidateGenerationConfig": _without_absent({"AlgorithmsConfig": candidates.get("AlgorithmsConfig")}) or None,
            "FeatureSpecificationS3Uri": candidates.get("FeatureSpecificationS3Uri"),
            "CompletionCriteria": configuration.get("CompletionCriteria"),
            "Mode": configuration.get("Mode"),
            "GenerateCandidateDefinitionsOnly": given.get("GenerateCandidateDefinitionsOnly"),
            "ProblemType": given.get("ProblemType"),
            "TargetAttributeName": channel.get("TargetAttributeName"),
            "SampleWeightAttributeName": channel.get("SampleWeightAttributeName"),
        }
    )


def _channels(given):
    kept = ("ChannelType", "ContentType", "CompressionType", "DataSource")
    return [{name: channel[name] for name in kept if name in channel} for channel in given.get("InputDataConfig", [])]


def _without_absent(members):
    return {name: value for name, value in members.items() if value is not None}
