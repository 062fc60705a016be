# Only what a verifier has passed, at SLSA build level 2 or more: its verification summary stands for all evidence.
package docker

verifiers := {"https://attestd.example/verifier"}

levels := {"SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3"}

summaries contains attestation.predicate if {
	some attestation in input.image.attestations
	attestation.isAboutImage
	attestation.predicateType == "https://slsa.dev/verification_summary/v1"
	attestation.predicate.verifier.id in verifiers
}

has_passed if {
	some summary in summaries
	summary.verificationResult == "PASSED"
	some level in summary.verifiedLevels
	level in levels
}

deny_msg contains "no known verifier has looked at it" if {
	input.image
	count(summaries) == 0
}

deny_msg contains "its verifier has not passed it" if {
	count(summaries) > 0
	not has_passed
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
