import { render } from 'preact';
import { App } from './app.js';
import { connect } from './store.js';
import 'uplot/dist/uPlot.min.css';
import './style.css';

connect();
render(<App />, document.body);
