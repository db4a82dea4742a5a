// Solves the proof of work in workers from this site's files, as the CSP allows no others.
const { worker } = document.getElementById("challenge").dataset;
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
