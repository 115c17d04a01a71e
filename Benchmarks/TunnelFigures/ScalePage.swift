import SealaneFigures

/// The page that tells how Sealane scales. Written from the JSON file, never by hand.
public enum ScalePage {
    /// - Parameters:
    ///   - data: the JSON file's name, relative to the page.
    ///   - chart: the SVG file's name, relative to the page.
    public static func markdown(_ measurements: ScaleMeasurements, data: String, chart: String) -> String {
        var sections = [
            """
            # How Sealane scales

            Written by `make bench-scale` from [\(data)](\(data)): do not edit. \(summary(measurements)) Sealane beside \
            other tunnels: [Benchmarks](benchmarks.md).

            ![Throughput, cost and memory as curves](\(chart))
            """,
            requirements(measurements), predictions(measurements), memory(measurements),
        ]
        if measurements.isQuick {
            sections.insert("**A short look: nothing here should be quoted.**", at: 1)
        }
        sections.append("## Curves\n\nMedians; in brackets the least and the greatest of all rounds.")
        sections += Curve.allCases.compactMap { table(measurements, $0).map(\.markdown) }
        if !measurements.failures.isEmpty {
            let lines = measurements.failures.map { "- \($0)" }.joined(separator: "\n")
            sections.append("## Not measured, or not in every round\n\n\(lines)")
        }
        sections += [method(measurements), machine(measurements)]
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ measurements: ScaleMeasurements) -> String {
        let rounds = measurements.rounds == 1 ? "1 round" : "\(measurements.rounds) rounds"
        return """
            Agents, far ends and load generators share one machine of \(measurements.machine.cores) cores \
            (\(measurements.machine.cpu)); the underlay is in \(measurements.mode.rawValue) mode; medians of \(rounds).
            """
    }

    /// One row for each point of the curve; nil if none was measured.
    public static func table(_ measurements: ScaleMeasurements, _ curve: Curve) -> Table? {
        let abscissae = measurements.abscissae(curve)
        let figures = ScaleFigure.allCases.filter { figure in
            abscissae.contains { measurements.spread(figure, curve, at: $0) != nil }
        }
        guard !figures.isEmpty else { return nil }
        let rows = abscissae.map { x in
            [count(x)]
                + figures.map { figure in
                    measurements.spread(figure, curve, at: x).map { spread in
                        let range = "\(figure.text(spread.minimum)) – \(figure.text(spread.maximum))"
                        return "\(figure.text(spread.median)) (\(range))"
                    } ?? "-"
                }
        }
        return Table(heading: ["\(curve.title): \(curve.axis)"] + figures.map(\.title), rows: rows)
    }

    private static func requirements(_ measurements: ScaleMeasurements) -> String {
        let least = ScaleMeasurements.leastActivePeerRatio
        let rows = [
            (Curve.activePeersInRuns, 1.0), (.activePeersInTurn, 1.0), (.activePeersInTurn, 10.0),
        ].map { curve, base -> [String] in
            let ratio = measurements.throughputRatio(curve, at: 1000, to: base)
            return [
                "\(curve.title): 1,000 over \(count(base))", ratio?.text ?? "not measured",
                "at least \(Digits.significant(least))", ratio.map { holds($0, least) } ?? "-",
            ]
        }
        let table = Table(heading: ["throughput", "measured", "bound", "holds"], rows: rows)
        return """
            ## What must hold

            \(table.markdown)

            Ratios of the rounds' geometric means; in brackets is where they lie with 99 % confidence.

            Streams hand over runs of packets, and then the number of peers is all that differs. When each datagram is \
            for another peer than the one before, none can be joined to a run: with one peer they are, although they were \
            sent one by one. What that is worth is lost with the second peer, so the third line says what the number of \
            peers costs then.
            """
    }

    private static func holds(_ ratio: RatioEstimate, _ least: Double) -> String {
        let answer = ratio.ratio >= least ? "yes" : "no"
        guard let interval = ratio.interval else { return "\(answer), in the only round" }
        return interval.contains(least) ? "\(answer), but within noise" : answer
    }

    // MARK: Costs

    private static let exampleSizes: [Double] = [64, 500, 1400, 4000, 8900]

    private static func predictions(_ measurements: ScaleMeasurements) -> String {
        let fits = [Curve.packetSize, .jumboPacketSize].flatMap { curve in
            [ScaleFigure.senderCost, .receiverCost].compactMap { figure in
                measurements.fit(figure, curve).map { (curve: curve, figure: figure, fit: $0) }
            }
        }
        guard !fits.isEmpty else { return "## What it costs\n\nNot measured." }
        let lines = Table(
            heading: ["what", "ns a packet", "ns a byte", "greatest residual"],
            rows: fits.map { entry in
                let greatest = zip(entry.fit.points, entry.fit.residuals).map { ($1 / $0.y).magnitude }.max() ?? 0
                return [
                    "\(entry.figure.title.prefix { $0 != "," }), \(entry.curve.title)",
                    Digits.significant(entry.fit.intercept * 1e9), Digits.fixed(entry.fit.slope * 1e9, 3),
                    "\(Digits.fixed(greatest * 100, 0)) %",
                ]
            })
        let residuals = fits.map { entry in
            Table(
                heading: [
                    "\(entry.figure.title), \(entry.curve.title): \(entry.curve.axis)", "measured", "by the line",
                    "residual",
                ],
                rows: zip(entry.fit.points, entry.fit.residuals).map { point, residual in
                    [
                        count(point.x), Digits.significant(point.y * 1e9),
                        Digits.significant(entry.fit.value(at: point.x) * 1e9),
                        Digits.significant(residual * 1e9),
                    ]
                }
            ).markdown
        }
        return
            ([
                """
                ## What it costs

                CPU time of an agent for each packet, user and system together, as a fixed part and a part for each byte of \
                UDP payload: a line by least squares through the medians. Soft interrupts are charged to whom they interrupt, so \
                that some of the kernel's work is in it and some is not. As many packets as possible were sent: at lower rates fewer \
                share a system call, and each costs more.
                """,
                lines.markdown, example(measurements), "### Residuals",
            ] + residuals).joined(separator: "\n\n")
    }

    private static func example(_ measurements: ScaleMeasurements) -> String {
        guard let sender = measurements.fit(.senderCost, .packetSize),
            let receiver = measurements.fit(.receiverCost, .packetSize)
        else { return "" }
        let rate = 200_000.0
        let size = 1000.0
        let out = rate * sender.value(at: size)
        let back = rate * receiver.value(at: size)
        let rows = exampleSizes.map { size in
            let curve =
                [Curve.packetSize, .jumboPacketSize].first {
                    measurements.fit(.senderCost, $0)?.isExtrapolated(at: size) == false
                } ?? .packetSize
            func text(_ figure: ScaleFigure) -> String {
                guard let fit = measurements.fit(figure, curve) else { return "-" }
                let cost = fit.value(at: size)
                guard cost > 0 else { return "-" }
                return "\(Digits.significant(1 / cost / 1e3)) (\(Digits.significant(size * 8 / cost / 1e9)) Gbit/s)"
                    + (fit.isExtrapolated(at: size) ? ", extrapolated" : "")
            }
            let label = count(size) + (curve == .jumboPacketSize ? " (MTU 9001)" : "")
            return [label, text(.senderCost), text(.receiverCost)]
        }
        let table = Table(
            heading: ["one core, 1000 packets/s: payload, bytes", "sending", "receiving"], rows: rows)
        return """
            ### Your own case

            For example a host that sends \(count(rate)) packets a second of \(count(size)) bytes and receives as many, \
            over MTU 1500:

            - sending: \(count(rate)) × (\(nanoseconds(sender)) × \(count(size))) ns = \(Digits.significant(out)) cores
            - receiving: \(count(rate)) × (\(nanoseconds(receiver)) × \(count(size))) ns = \(Digits.significant(back)) cores

            Together \(Digits.significant(out + back)) cores of this processor, for \(Digits.significant(rate * size * 8 / 1e9)) \
            Gbit/s each way. What one core carries if it does nothing else, by the line of the MTU that carries the size \
            (*extrapolated*: beyond the sizes that were measured):

            \(table.markdown)
            """
    }

    /// `812 + 0.213`: of a packet, and of a byte.
    private static func nanoseconds(_ fit: LinearFit) -> String {
        "\(Digits.significant(fit.intercept * 1e9)) + \(Digits.fixed(fit.slope * 1e9, 3))"
    }

    // MARK: Memory

    private static func memory(_ measurements: ScaleMeasurements) -> String {
        guard let fit = measurements.fit(.memory, .configuredPeers) else { return "## Memory\n\nNot measured." }
        let rows = [100.0, 1000, 10_000, 100_000, 1_000_000].map { x in
            let predicted =
                ScaleFigure.memory.text(fit.value(at: x)) + (fit.isExtrapolated(at: x) ? " (extrapolated)" : "")
            let measured = measurements.spread(.memory, .configuredPeers, at: x)
            return [
                count(x), measured.map { ScaleFigure.memory.text($0.median) } ?? "-", predicted,
                measured.map { ScaleFigure.memory.text($0.median - fit.value(at: x)) } ?? "-",
            ]
        }
        let table = Table(
            heading: ["configured peers: resident, MiB", "measured", "by the line", "residual"], rows: rows)
        return """
            ## Memory

            By least squares \(ScaleFigure.memory.text(fit.intercept)) MiB, and \(Digits.significant(fit.slope / 1024)) KiB for \
            each configured peer that has no session.

            \(table.markdown)
            """
    }

    // MARK: Method

    private static func method(_ measurements: ScaleMeasurements) -> String {
        """
        ## Method

        The hosts are those of [Benchmarks](benchmarks.md): two network namespaces joined by one veth pair. In each round \
        every point is measured once, one after another, for \(Digits.significant(measurements.secondsPerMeasurement)) s.

        - Lanes, streams, MTU, configured peers: iperf3, as the receiver counts. With two agents, two iperf3 and \
        \(measurements.machine.cores) cores, more lanes than cores have nothing to run on.
        - Packet size: one socket sends as many UDP datagrams as it can; throughput is that of the payload that arrives. \
        The agents' CPU time is divided by the packets that they say they sealed and opened.
        - Active peers: one program in the second namespace is all the far ends. Each has its own static key, address and \
        session, by a real handshake. It takes part in the underlay through a TUN device of its own, so that one read gives \
        it what came for any of them. A program in the first namespace sends to all of them in turn. The far ends open one \
        packet of 32 and send it back, so that no more than 448 are ever on their way and none is sent to be lost; the \
        others they count, because what is measured is the agent. Measured from half a second after the load's start. With \
        one peer everything is the same but the number.
        - Session set-up: the far ends have no sessions yet; one packet for each, a few milliseconds apart, until it is \
        opened there. The agent initiates.
        - Handshakes: the far ends all begin at once; from the first initiation to the last session. The agent is the \
        responder, and asks for cookies above a certain rate. The far ends' program works as hard on another core: where \
        handshakes/s times their CPU time are less than a core, the agent could do more.
        - Memory: resident, after the load. Start: from the process's start until the agent answers on its control \
        socket; it has read its configuration by then.
        """
    }

    private static func machine(_ measurements: ScaleMeasurements) -> String {
        let machine = measurements.machine
        let rows = [
            ["processor", "\(machine.cpu), \(machine.cores) cores"],
            ["memory", "\(Digits.significant(Double(machine.memoryByteCount) / 1_073_741_824)) GiB"],
            ["kernel", machine.kernel], ["system", machine.system], ["sealaned", measurements.version],
            ["begun", "\(measurements.startedAt), took \(measurements.seconds / 60) min"],
            ["command", "`\(measurements.command.joined(separator: " "))`"],
        ]
        let facts = measurements.facts.isEmpty ? "" : "\n\n```\n\(measurements.facts.joined(separator: "\n"))\n```"
        return "## Machine and versions\n\n" + Table(heading: ["what", "which"], rows: rows).markdown + facts
    }

    /// A whole number with commas: 100,000.
    static func count(_ value: Double) -> String {
        var digits = Digits.fixed(value, 0)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
