import SealaneFigures

/// The page for people: method, machine, tables. Written from the JSON file, never by hand.
public enum Page {
    /// - Parameters:
    ///   - data: the JSON file's name, relative to the page.
    ///   - chart: the SVG file's name, relative to the page.
    public static func markdown(_ measurements: Measurements, data: String, chart: String) -> String {
        var sections = [
            """
            # Benchmarks

            Written by `make bench` from [\(data)](\(data)): do not edit. \(summary(measurements)) \
            Curves over lanes, sizes and peers: [How Sealane scales](scale.md).

            ![TCP, UDP and round trips of Sealane and other tunnels](\(chart))
            """,
            section(
                "What must hold", "Ratios are those of the medians.", [measurements.requirements]),
            section(
                "Medians",
                "In brackets: the ratio to wireguard-go. For round trips, CPU and memory less is better.",
                tables(measurements.medians)),
            section(
                "Variance", "The least and the greatest of \(rounds(measurements)).",
                tables(measurements.extremes)),
            method(measurements), machine(measurements), setups(measurements),
        ]
        let skipped = measurements.contenders.compactMap { entry in
            entry.skipped.map { "- \(entry.contender.title): \($0)" }
        }
        for supplement in measurements.supplements ?? [] {
            sections.insert(self.supplement(supplement, beside: measurements), at: 1)
        }
        if !skipped.isEmpty {
            sections.insert("## Not measured, or not in every round\n\n\(skipped.joined(separator: "\n"))", at: 2)
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ measurements: Measurements) -> String {
        """
        Both hosts, all agents and all load generators share one machine of \(measurements.machine.cores) cores \
        (\(measurements.machine.cpu)); MTU 1500 unless it says otherwise; medians of \(rounds(measurements)).
        """
    }

    private static func supplement(
        _ supplement: Measurements.Supplement, beside measurements: Measurements
    ) -> String {
        let groups = Figure.Group.allCases.filter { group in supplement.figures.contains { $0.group == group } }
        let versions = supplement.contenders.compactMap { entry in
            entry.version.map { "\(entry.contender.title) \($0)" }
        }
        let skipped = supplement.contenders.compactMap { entry in
            entry.skipped.map { "\n- \(entry.contender.title): not measured: \($0)" }
        }
        let machine = supplement.machine
        let isSame = machine.cpu == measurements.machine.cpu && machine.cores == measurements.machine.cores
        return """
            ## A later run

            Not of the run that the rest of this page is of, but of a later one, of all contenders in turn: \
            \(groups.map { "*\($0.title)*" }.joined(separator: ", ")). Begun \(supplement.startedAt), \
            \(supplement.rounds == 1 ? "1 round" : "\(supplement.rounds) rounds") of \
            \(Digits.significant(supplement.secondsPerMeasurement)) s, \(isSame ? "such a machine" : "another machine") \
            (\(machine.cpu), \(machine.cores) cores, kernel \(machine.kernel)), by \
            `\(supplement.command.joined(separator: " "))`. Compare these figures with each other, not with those of the \
            first run.

            - Versions: \(versions.joined(separator: "; "))\(skipped.joined())
            """
    }

    private static func rounds(_ measurements: Measurements) -> String {
        measurements.rounds == 1 ? "1 round" : "\(measurements.rounds) rounds"
    }

    private static func tables(_ table: (Figure.Group, Mode) -> Table?) -> [Table] {
        Figure.Group.allCases.flatMap { group in Mode.allCases.compactMap { table(group, $0) } }
    }

    private static func section(_ title: String, _ introduction: String, _ tables: [Table]) -> String {
        (["## \(title)", introduction] + tables.map(\.markdown)).joined(separator: "\n\n")
    }

    private static func method(_ measurements: Measurements) -> String {
        let seconds = Digits.significant(measurements.secondsPerMeasurement)
        return """
            ## Method

            Two network namespaces are the hosts, one veth pair joins them, nothing is in between. *Batched*: the pair \
            as it is, which hands a run of UDP datagrams (`UDP_SEGMENT`) over whole, as between containers or with a NIC \
            that segments UDP. *Wire*: every datagram travels alone, as on EC2's ENA, which does not segment UDP. That it \
            is so is tested before anything is measured. TCP segmentation stays on in both, so "no tunnel" hardly \
            differs. The underlay:

            ```
            \(measurements.underlay.joined(separator: "\n"))
            ```

            In each round every contender is measured once in every mode, one after another, so that what slows the \
            machine for a while slows all of them. Agents are started for their turn and ended after it; none idles \
            beside another.

            - TCP: iperf3, \(seconds) s, 1 and 4 streams (`-P 4`), both directions (`-R`), as the receiver counts.
            - UDP: bytes are the payload's. *Delivered*: what arrives while one socket sends as much as it can with \
            sendmmsg(2); the sender's own work takes a core. *Loss-free*: the greatest rate, found by halving, that \
            loses less than 0.1 %; a rate fails when it fails twice. iperf3 is not used here: its sender is the limit.
            - Round trip: 64 bytes of UDP there and back, one at a time, between two processes that block in recv(2). \
            *Idle*: all of one host on one core and all of the other on another, so that every trip wakes a sleeping \
            core twice, which on a virtual machine takes longer than all the rest. *One core*: both hosts on the same \
            core, so that only the work on the way is left (spinning makes no sense there). Left to the scheduler it \
            would be chance which of them is measured.
            - Latency under load: the same round trips, on any core, one each millisecond, while one TCP stream takes all that \
            it can get in the same direction. A millisecond that passes while one is on its way counts as long as one that \
            had left then would have waited. It waits for what the stream has put into queues before it, and for a core: two hosts that \
            work without a pause share the machine's. *Late / early* is the median of the last third of the trips by \
            that of the first third: a queue that grows shows there.
            - CPU: user and system time of each end's agent during TCP with 1 stream, for each GiB received. Work that \
            the kernel does in soft interrupts is charged to whom it interrupts; the whole machine's busy time, which \
            includes iperf3, is therefore beside it.
            - Memory: resident, after the load, of the larger of both agents.
            - Of Sealane's runs, each checks with the agents that the cipher suite and the provider that it names are in \
            use. "No cipher" is another build that copies where the others seal: it shows what is left without \
            cryptography, protects nothing, and cannot be configured in the real agent.
            - Every contender has the greatest MTU that fits the underlay without fragments, and buffers as big as it \
            can ask for.

            To keep in mind: the machine is shared and small. Two hosts and two load generators on \
            \(measurements.machine.cores) cores compete for them, so these figures compare programs; they are not what \
            two machines would reach.
            """
    }

    private static func machine(_ measurements: Measurements) -> String {
        let machine = measurements.machine
        var rows = [
            ["processor", "\(machine.cpu), \(machine.cores) cores"],
            ["memory", "\(Digits.significant(Double(machine.memoryByteCount) / 1_073_741_824)) GiB"],
            ["kernel", machine.kernel], ["system", machine.system],
            ["net.core.rmem_max", "\(machine.receiveBufferLimit) bytes"],
            ["begun", "\(measurements.startedAt), took \(measurements.seconds / 60) min"],
            ["command", "`\(measurements.command.joined(separator: " "))`"],
        ]
        rows += measurements.versions.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
        rows += measurements.contenders.compactMap { entry in entry.version.map { [entry.contender.title, $0] } }
        return "## Machine and versions\n\n" + Table(heading: ["what", "which"], rows: rows).markdown
    }

    private static func setups(_ measurements: Measurements) -> String {
        let entries = measurements.contenders.filter { !$0.setup.isEmpty }.map { entry in
            """
            <details><summary>\(entry.contender.title)</summary>

            ```
            \(entry.setup.joined(separator: "\n\n"))
            ```

            </details>
            """
        }
        return (["## Set-up of each contender", "`DIR` is a scratch directory."] + entries).joined(separator: "\n\n")
    }
}
