import SealaneEligibility
import SealaneIdentity
import SealaneLinux

extension LocalFacts {
    /// This host's facts without those of its certificate.
    ///
    /// - Parameters:
    ///   - metadata: the last answer of the instance metadata service; nil: it has not answered yet.
    ///   - problem: why the last request failed; nil: it succeeded, or there was none.
    package init(
        stated: Facts, metadata: Facts?, _ use: Configuration.InstanceMetadata.Use, _ problem: InstanceMetadataError?
    ) {
        if let metadata {
            self.init(stated: stated, proven: [metadata])
        } else if use == .on {
            let reason = Reason(
                code: .factsUnknown, observed: problem.map { "\($0)" } ?? "instance metadata was not asked yet",
                required: "an answer of the instance metadata service", source: "instance.metadata: on")
            self.init(stated: stated, reasons: [reason])
        } else {
            self.init(stated: stated)
        }
    }
}

extension Configuration.InstanceMetadata {
    package func client(_ limits: InstanceMetadataClient.Limits = .init()) -> InstanceMetadataClient {
        InstanceMetadataClient(
            endpoints: endpoint.map { [$0] } ?? InstanceMetadataClient.linkLocalEndpoints, limits: limits)
    }
}

extension Configuration {
    /// The facts that an agent with this configuration would have of its host now, without those of its certificate.
    /// Throws if the facts would make it refuse every peer.
    package func hostFacts() async throws(ConfigurationError) -> Facts {
        guard metadata.isAsked(hardwareVendor: HostHardware.vendor) else { return facts }
        var answer: Facts?
        var problem: InstanceMetadataError?
        do throws(InstanceMetadataError) {
            answer = try await metadata.client().facts(ofInterfaceWith: agent.listen.address)
        } catch {
            problem = error
        }
        let local = LocalFacts(stated: facts, metadata: answer, metadata.use, problem)
        guard local.reasons.isEmpty else {
            throw ConfigurationError(problems: local.reasons.map { source.problem(at: "instance", "\($0)") })
        }
        return local.facts
    }
}
