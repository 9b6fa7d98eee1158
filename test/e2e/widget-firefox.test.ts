import { describeWidget } from './widget-flow.ts';

describeWidget('firefox');
