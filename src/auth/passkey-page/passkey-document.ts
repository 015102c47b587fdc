import { markup } from '../../platform/http/markup.js';

/** The page on which developers try passkeys. Its script shows what it sends and receives, as text only. */
export const PASSKEY_PAGE = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Try passkeys</title>
<link rel="icon" href="passkey/assets/passkey.svg" type="image/svg+xml">
<link rel="stylesheet" href="passkey/assets/page.css">
<link rel="stylesheet" href="passkey/assets/passkey.css">
<script type="module" src="passkey/assets/passkey.js"></script>
</head>
<body>
<main class="card">
<h1>Try passkeys</h1>
<p>This page registers passkeys and signs in with them, by the requests that it lists.
<a href="../docs">All requests</a></p>
<noscript><p class="problem">The page needs JavaScript.</p></noscript>
<p id="problem" class="problem" role="alert" hidden></p>
<section id="signed-out" aria-label="Signed out" hidden>
<button id="sign-in" type="button">Sign in with a passkey</button>
<form id="account" novalidate>
<h2>With a password</h2>
<label for="email">E-mail address</label>
<input id="email" type="email" autocomplete="username webauthn" required>
<label for="password">Password</label>
<input id="password" type="password" autocomplete="current-password" required>
<p class="buttons"><button id="log-in" value="log-in">Sign in</button> <button id="register" value="register" class="second">Create an account</button></p>
</form>
</section>
<section id="signed-in" aria-label="Signed in" hidden>
<p>You are signed in as <strong id="address"></strong>, by <code id="methods"></code>.</p>
<h2>Passkeys</h2>
<ul id="passkeys"></ul>
<p id="none">This account has no passkey yet.</p>
<p class="buttons"><button id="add" type="button">Add a passkey</button> <button id="step-up" type="button" class="second">Prove it again</button> <button id="log-out" type="button" class="second">Sign out</button></p>
</section>
<p id="status" role="status"></p>
</main>
<section id="requests" class="card" aria-labelledby="requests-title">
<h2 id="requests-title">Requests</h2>
<ol id="log" tabindex="0" aria-label="Requests, the latest first"></ol>
</section>
<template id="passkey"><li><span></span> <button type="button" class="second">Remove</button></li></template>
<template id="request"><li><details><summary><code></code></summary><pre></pre></details></li></template>
</body>
</html>
`.html;
