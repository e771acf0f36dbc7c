import { mount } from 'svelte';
import '../tokens.css';
import '../base.css';
import { Live } from '../live/live.svelte';
import { takeToken } from '../live/link';
import { palette } from '../shared/palette.svelte';
import App from './App.svelte';

palette.apply();
const live = new Live(takeToken());
mount(App, { target: document.body, props: { live } });
live.open();
